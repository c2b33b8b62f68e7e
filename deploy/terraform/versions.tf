terraform {
  required_version = ">= 1.3"

  required_providers {
    azuredevops = {
      source  = "microsoft/azuredevops"
      version = "~> 1.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

# The organization and who speaks to it come from the environment: AZDO_ORG_SERVICE_URL and AZDO_PERSONAL_ACCESS_TOKEN,
# or a service principal (ARM_CLIENT_ID, ARM_TENANT_ID, ARM_CLIENT_SECRET).
provider "azuredevops" {
  org_service_url = var.azure_devops_org_url
}

provider "azurerm" {
  features {}

  subscription_id                 = var.azure_subscription_id
  tenant_id                       = var.azure_tenant_id
  client_id                       = var.azure_service_principal_id
  client_secret                   = var.azure_service_principal_key
  resource_provider_registrations = "none"
}
