# ---- the guide's variables ----

variable "azure_subscription_id" {
  description = "Subscription of the database server."
  type        = string
}

variable "azure_subscription_name" {
  description = "Its name, as the service connection shows it."
  type        = string
}

variable "azure_tenant_id" {
  description = "Microsoft Entra tenant."
  type        = string
}

variable "azure_service_principal_id" {
  description = "Application (client) id of the service principal."
  type        = string
}

variable "azure_service_principal_key" {
  description = "Its secret. It ends up in the state: keep the state encrypted."
  type        = string
  sensitive   = true
}

variable "db_host" {
  description = "Host of the database server, such as <server>.postgres.database.azure.com."
  type        = string
}

variable "db_name" {
  description = "The database to migrate."
  type        = string
}

variable "db_username" {
  description = "The role that migrates: it owns the schema's objects."
  type        = string
}

variable "db_password" {
  description = "Its password. It ends up in the state: keep the state encrypted."
  type        = string
  sensitive   = true
}

variable "azure_devops_project_name" {
  description = "Name of the Azure DevOps project."
  type        = string
}

# ---- Azure DevOps ----

variable "azure_devops_org_url" {
  description = "https://dev.azure.com/<organization>; null: from AZDO_ORG_SERVICE_URL."
  type        = string
  default     = null
}

variable "repository_name" {
  description = "Git repository of the revisions and the pipeline."
  type        = string
  default     = "database-migrations"
}

variable "default_branch" {
  description = "The only branch from which the environment may be deployed."
  type        = string
  default     = "refs/heads/main"
}

variable "pipeline_path" {
  description = "The pipeline's file in the repository."
  type        = string
  default     = "azure-pipelines/db-migration-pipeline.yml"
}

variable "environment_name" {
  description = "Environment that the stage Deploy Migration deploys to."
  type        = string
  default     = "database-production"
}

variable "variable_group_name" {
  description = "Variable group that the pipeline reads."
  type        = string
  default     = "database-migration"
}

# ---- what must be so before a deployment ----

variable "approver_groups" {
  description = "Groups of the project that may approve a deployment."
  type        = set(string)
  default     = ["Project Administrators"]
}

variable "minimum_approvers" {
  description = "How many of them must."
  type        = number
  default     = 1
}

variable "business_hours" {
  description = "When deployments may start: low-traffic hours. null: always. The time zone is one of Windows' names."
  type = object({
    start_time = string
    end_time   = string
    time_zone  = string
    days       = set(string)
  })
  default = {
    start_time = "07:00"
    end_time   = "11:00"
    time_zone  = "UTC"
    days       = ["monday", "tuesday", "wednesday", "thursday"]
  }
}

# ---- a fleet ----

variable "fleet_variables" {
  description = "More variables for drover.yaml, such as hosts: {pg_us = \"...\"} becomes $${PG_US}."
  type        = map(string)
  default     = {}
}

variable "fleet_secrets" {
  description = "More secret variables; the pipeline maps those named by its template's parameter `secrets`."
  type        = map(string)
  default     = {}
  sensitive   = true
}

# ---- optional: the service connection and the server ----

variable "create_service_connection" {
  description = "Make a service connection to Azure, for Microsoft Entra tokens."
  type        = bool
  default     = false
}

variable "create_server" {
  description = "Make the Azure Database for PostgreSQL flexible server and the database. db_host must then be <server_name>.postgres.database.azure.com."
  type        = bool
  default     = false
}

variable "server_name" {
  description = "Name of the server, unique in Azure."
  type        = string
  default     = "drover-postgresql"
}

variable "resource_group_name" {
  description = "An existing resource group for the server."
  type        = string
  default     = "drover"
}

variable "location" {
  description = "Azure region of the server."
  type        = string
  default     = "westeurope"
}

variable "postgresql_version" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "16"
}

variable "server_sku" {
  description = "Size of the server."
  type        = string
  default     = "B_Standard_B1ms"
}

variable "entra_administrator" {
  description = "Microsoft Entra administrator of the server: its tokens are passwords. null: passwords only."
  type = object({
    object_id      = string
    principal_name = string
    principal_type = string
  })
  default = null
}
